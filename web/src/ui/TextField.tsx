/** A labelled line of text. Native: a page with one field need not load a library of them. */
import { type ComponentPropsWithRef, type ReactNode, useId } from "react";
import styles from "./TextField.module.css";

type FieldProps = ComponentPropsWithRef<"input"> & {
  label: ReactNode;
  description?: ReactNode;
  /** What is wrong with the text; announced with the field. */
  error?: ReactNode;
};

export function TextField({ label, description, error, className, ...input }: FieldProps) {
  const id = useId();
  const told = [description && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className={`${styles.field} ${className ?? ""}`}>
      <label htmlFor={id}>{label}</label>
      {description && <small id={`${id}-hint`}>{description}</small>}
      <input
        type="text"
        {...input}
        id={id}
        aria-describedby={told || undefined}
        aria-invalid={error ? true : undefined}
      />
      {error && (
        <small id={`${id}-error`} className={styles.error}>
          {error}
        </small>
      )}
    </div>
  );
}

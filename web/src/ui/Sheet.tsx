/**
 * A dialog above the page: the browser's own <dialog>, which keeps the focus inside, makes the rest inert and gives
 * the focus back. Escape is answered by `onEscape`, never by vanishing on its own.
 */
import { type ReactNode, useEffect, useRef } from "react";
import styles from "./Sheet.module.css";

type SheetProps = {
  role?: "dialog" | "alertdialog";
  labelledBy: string;
  describedBy?: string;
  onEscape?: () => void;
  /** Any sign that somebody is there. */
  onTouch?: () => void;
  className?: string | undefined;
  children: ReactNode;
};

export function Sheet({
  role = "dialog",
  labelledBy,
  describedBy,
  onEscape,
  onTouch,
  className,
  children,
}: SheetProps) {
  const ref = useRef<HTMLDialogElement>(null);

  useEffect(() => {
    const dialog = ref.current;
    if (!dialog) return;
    if (!dialog.open) dialog.showModal();
    // Where a keypress could cost something, the focus starts on the heading.
    dialog.querySelector<HTMLElement>("[data-focus-first]")?.focus();
    return () => dialog.close();
  }, []);

  return (
    <dialog
      ref={ref}
      role={role}
      aria-modal="true"
      aria-labelledby={labelledBy}
      aria-describedby={describedBy}
      className={`${styles.sheet} ${className ?? ""}`}
      onCancel={(event) => event.preventDefault()}
      onPointerDown={onTouch}
      onKeyDown={(event) => {
        onTouch?.();
        // Caught as a key: browsers let a dialog refuse only the first `cancel`.
        if (event.key !== "Escape") return;
        event.preventDefault();
        event.stopPropagation();
        onEscape?.();
      }}
    >
      {children}
    </dialog>
  );
}

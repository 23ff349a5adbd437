/** The frame of a page: one title, an opening sentence that answers the reader's question, then the content. */
import { Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";
import styles from "./Page.module.css";

type PageProps = {
  title: string;
  lead?: ReactNode;
  aside?: ReactNode;
  narrow?: boolean;
  children: ReactNode;
};

export function Page({ title, lead, aside, narrow = false, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Stagedoor`;
  }, [title]);
  return (
    <div className={styles.page} data-narrow={narrow || undefined}>
      <header className={styles.head}>
        <div>
          <Title order={1}>{title}</Title>
          {lead && <p className={styles.lead}>{lead}</p>}
        </div>
        {aside}
      </header>
      {children}
    </div>
  );
}

/** A part of a page on its own card, with its heading. */
export function Section({
  title,
  id,
  note,
  children,
}: {
  title: string;
  id: string;
  note?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className={styles.section} aria-labelledby={id}>
      <div className={styles.sectionHead}>
        <Title order={2} id={id}>
          {title}
        </Title>
        {note}
      </div>
      {children}
    </section>
  );
}

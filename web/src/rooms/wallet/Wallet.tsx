/** What I have, what a call holds, and every movement that made it so. */
import { Skeleton } from "@mantine/core";
import { tokens } from "../../lib/format";
import { useWords } from "../../lib/i18n/words";
import { useWallet } from "../../lib/queries/wallet";
import { useSession } from "../../lib/session/useSession";
import { ProblemNote } from "../../ui/Note";
import { Page, Section } from "../../ui/Page";
import { Entries } from "./Entries";
import { TopUp } from "./TopUp";
import styles from "./Wallet.module.css";
import { walletWords } from "./words";

export default function Wallet() {
  const say = useWords(walletWords);
  const { topUp } = useSession();
  const wallet = useWallet();
  const has = wallet.data;
  return (
    <Page title={say("title")} lead={has ? say("lead", { count: has.available }) : " "}>
      <ProblemNote problem={wallet.error} />
      <div className={styles.columns}>
        <div className={styles.side}>
          <Section title={say("balance")} id="balance">
            {wallet.isPending && <Skeleton height={90} radius="lg" />}
            {has && (
              <dl className={styles.balance}>
                <div data-main>
                  <dt>{say("available")}</dt>
                  <dd>{tokens(has.available)}</dd>
                </div>
                {has.held > 0 && (
                  <div>
                    <dt>{say("held")}</dt>
                    <dd>{tokens(has.held)}</dd>
                  </div>
                )}
              </dl>
            )}
            {has && has.held > 0 && <p className={styles.quiet}>{say("held.text")}</p>}
          </Section>
          {topUp && <TopUp />}
        </div>
        <Entries />
      </div>
    </Page>
  );
}

/** Mia's screen: whom may I call, and what did I earn? The people come first, because they are what she came for. */
import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, ask } from "../../lib/api/client";
import { clockText, tokens } from "../../lib/format";
import { useWords } from "../../lib/i18n/words";
import { useSession } from "../../lib/session/useSession";
import { Page, Section } from "../../ui/Page";
import { DeviceCheckButton } from "../calls/check/DeviceCheckButton";
import styles from "./Creators.module.css";
import { Fans } from "./Fans";
import { PricesForm } from "./PricesForm";
import { BlockedFans } from "./profile/BlockedFans";
import { ProfileBeside } from "./profile/ProfileBeside";
import { useBlockToast } from "./profile/useBlockFan";
import { creatorsWords } from "./words";

export default function Dashboard() {
  const say = useWords(creatorsWords);
  const { user, flags } = useSession();
  const today = useQuery({
    queryKey: ["today"],
    queryFn: async () => (await ask(api.GET("/api/creators/me/today"))).today,
    refetchInterval: 60_000,
  });
  const { block, toast } = useBlockToast();
  const rung = today.data?.rung ?? 0;
  const lead =
    rung > 0 ? say("lead.some", { count: rung, accepted: today.data?.accepted ?? 0 }) : say("lead.none");

  return (
    <Page title={say("title", { name: user?.displayName ?? "" })} lead={today.isPending ? " " : lead}>
      <div className={styles.columns}>
        <Fans />
        <div className={styles.side}>
          <ProfileBeside block={block} />
          <Section title={say("today.title")} id="today">
            {today.isPending && <Skeleton height={72} radius="lg" />}
            {today.data && (
              <dl className={styles.today}>
                <div data-main>
                  <dt>{say("today.earned")}</dt>
                  <dd>{tokens(today.data.earnedTokens)}</dd>
                </div>
                {rung > 0 && (
                  <>
                    <div>
                      <dt>{say("today.answered", { rung })}</dt>
                      <dd>{tokens(today.data.accepted)}</dd>
                    </div>
                    <div>
                      <dt>{say("today.time")}</dt>
                      <dd>{clockText(today.data.connectedSeconds)}</dd>
                    </div>
                  </>
                )}
              </dl>
            )}
            {today.data && rung === 0 && <p className={styles.quiet}>{say("today.none")}</p>}
          </Section>
          <PricesForm />
          {flags?.FEATURE_CALLS && <DeviceCheckButton video className={styles.check} />}
          <BlockedFans block={block} />
        </div>
      </div>
      {toast}
    </Page>
  );
}

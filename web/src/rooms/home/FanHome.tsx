/** Sam's screen: who can reach me, and what have I got. */
import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { pageExists } from "../../app/routes";
import { api, ask } from "../../lib/api/client";
import type { Relationship } from "../../lib/api/types";
import { tokens } from "../../lib/format";
import { locale } from "../../lib/i18n/locale";
import { useWords } from "../../lib/i18n/words";
import { useWallet } from "../../lib/queries/wallet";
import { useSession } from "../../lib/session/useSession";
import { Avatar } from "../../ui/Avatar";
import { ProblemNote } from "../../ui/Note";
import { Page, Section } from "../../ui/Page";
import { DeviceCheckButton } from "../calls/check/DeviceCheckButton";
import styles from "./Home.module.css";
import { homeWords } from "./words";

export default function FanHome() {
  const say = useWords(homeWords);
  const { user, flags } = useSession();
  const mine = useQuery({
    queryKey: ["fans", "me"],
    queryFn: async () => (await ask(api.GET("/api/fans/me"))).fan,
  });
  const reach = useQuery({
    queryKey: ["relationships"],
    queryFn: async () => (await ask(api.GET("/api/fans/me/relationships"))).relationships,
  });
  const callers = reach.data?.filter((one) => one.canCall) ?? [];
  const names = new Intl.ListFormat(locale()).format(callers.map((one) => one.creator.displayName));
  const sentence = [
    mine.data?.visibility === "creators" && mine.data.allowCalls === "everyone"
      ? say("fan.everyone")
      : callers.length > 0
        ? say("fan.reach", { count: callers.length, names })
        : say("fan.nobody"),
    mine.data && say(mine.data.searchable ? "fan.searchable" : "fan.search"),
  ].filter(Boolean);

  return (
    <Page
      title={say("fan.title", { name: user?.displayName ?? "" })}
      lead={reach.data ? sentence.join(" ") : " "}
    >
      <ProblemNote problem={mine.error ?? reach.error} />
      <div className={styles.columns}>
        <Section
          title={say("fan.who")}
          id="who"
          note={pageExists("/settings/privacy") && <Link to="/settings/privacy">{say("fan.privacy")}</Link>}
        >
          {reach.isPending && <Skeleton height={56} radius="lg" />}
          {reach.data?.length === 0 && <p className={styles.quiet}>{say("fan.whoNone")}</p>}
          <ul className={styles.people}>
            {reach.data?.map((one) => (
              <Reach key={one.creator.id} one={one} />
            ))}
          </ul>
        </Section>
        <div className={styles.side}>
          <Balance />
          {flags?.FEATURE_CALLS && <Ready />}
        </div>
      </div>
    </Page>
  );
}

function Reach({ one }: { one: Relationship }) {
  const say = useWords(homeWords);
  const because = [
    one.follows && say("fan.because.follows"),
    one.tips > 0 && say("fan.because.tips"),
    one.calls > 0 && say("fan.because.calls"),
  ].filter(Boolean);
  const may = one.canCall ? "call" : one.canMessage ? "message" : one.canSee ? "see" : null;
  return (
    <li>
      <Avatar person={one.creator} />
      <span className={styles.person}>
        <strong>{one.creator.displayName}</strong>
        <small>{because.join(", ")}</small>
      </span>
      {may && <span className={styles.may}>{say(`fan.can.${may}`)}</span>}
    </li>
  );
}

/** Before the first call: does this device see and hear, and does it ring? */
function Ready() {
  const say = useWords(homeWords);
  return (
    <Section title={say("fan.ready")} id="ready">
      <p className={styles.quiet}>{say("fan.ready.text")}</p>
      <p className={styles.links}>
        <DeviceCheckButton video className={styles.link} />
        <Link to="/settings/privacy#ring">{say("fan.ready.ring")}</Link>
      </p>
    </Section>
  );
}

function Balance() {
  const say = useWords(homeWords);
  const wallet = useWallet();
  return (
    <Section title={say("fan.tokens")} id="tokens">
      {wallet.isPending && <Skeleton height={48} radius="lg" />}
      {wallet.data && (
        <p className={styles.balance}>
          <strong>{tokens(wallet.data.available)}</strong>{" "}
          {say("fan.available", { count: wallet.data.available })}
        </p>
      )}
      {wallet.data && wallet.data.held > 0 && (
        <p className={styles.quiet}>{say("fan.held", { count: wallet.data.held })}</p>
      )}
      {pageExists("/wallet") && <Link to="/wallet">{say("fan.wallet")}</Link>}
    </Section>
  );
}

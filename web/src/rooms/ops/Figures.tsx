/** The funnel, the denials by code, and what becomes of people and tokens. */
import { tokens } from "../../lib/format";
import { useWords } from "../../lib/i18n/words";
import styles from "./Figures.module.css";
import { number, percent } from "./figureText";
import type { Overview } from "./queries";
import { Target } from "./Target";
import { opsWords } from "./words";

const STAGES = ["rung", "accepted", "connected", "completed"] as const;

export function Figures({ seen }: { seen: Overview }) {
  const say = useWords(opsWords);
  const { funnel, people } = seen;
  const facts: [string, string][] = [
    [say("people.tokens"), tokens(funnel.callTokens)],
    [say("people.fee"), tokens(funnel.feeTokens)],
    [say("people.perCall"), funnel.tokensPerCall === null ? "–" : number(funnel.tokensPerCall, 1)],
    [say("people.minutes"), number(funnel.billableSeconds / 60)],
    [say("people.creators"), number(funnel.creatorsCalling)],
    [say("people.fans"), number(funnel.fansAccepting)],
    [say("people.returning"), people.returningRate === null ? "–" : percent(people.returningRate)],
    [say("people.blocks"), number(people.blocks)],
  ];
  return (
    <div className={styles.figures}>
      <div>
        <h3>{say("funnel.title")}</h3>
        <ol className={styles.bars} data-funnel>
          {STAGES.map((stage) => (
            <Bar
              key={stage}
              label={say(`funnel.${stage}`)}
              value={funnel[stage]}
              most={funnel.rung}
              share={stage !== "rung" && funnel.rung > 0}
            />
          ))}
        </ol>
        <p className={styles.quiet}>
          {funnel.rung === 0
            ? say("funnel.none")
            : say("funnel.rest", {
                declined: funnel.declined,
                missed: funnel.missed,
                cancelled: funnel.cancelled,
                failed: funnel.failed,
              })}
        </p>
      </div>
      <div>
        <h3>{say("refusals.title")}</h3>
        {seen.refusals.length === 0 && <p className={styles.quiet}>{say("refusals.none")}</p>}
        <ol className={styles.bars}>
          {seen.refusals.slice(0, 8).map(({ code, count }) => (
            <Bar key={code} label={code} value={count} most={seen.refusals[0]?.count ?? 1} />
          ))}
        </ol>
      </div>
      <div>
        <h3>{say("people.title")}</h3>
        <dl className={styles.pair}>
          <Target name="adoption" value={people.adoptionRate} />
          <Target name="abuse" value={people.abuseRate} />
        </dl>
        <dl className={styles.facts}>
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </div>
    </div>
  );
}

type BarProps = { label: string; value: number; most: number; share?: boolean };

function Bar({ label, value, most, share = false }: BarProps) {
  return (
    <li>
      <span>{label}</span>
      <b>
        {number(value)}
        {share && <small> {percent(value / most)}</small>}
      </b>
      {value > 0 && <i style={{ inlineSize: `${(100 * value) / most}%` }} aria-hidden="true" />}
    </li>
  );
}

/** The plots: small pictures of our own, each with a sentence that says the same and a table of its values. */
import { day, timeOfDay } from "../../../lib/format";
import { useWords } from "../../../lib/i18n/words";
import type { Point, Range } from "../queries";
import { opsWords } from "../words";
import { Plot, type Series } from "./Plot";
import styles from "./Plots.module.css";

export default function Plots({ points, range }: { points: readonly Point[]; range: Range }) {
  const say = useWords(opsWords);
  const when = (iso: string) => (range === "week" ? `${day(iso)}, ${timeOfDay(iso)}` : timeOfDay(iso));
  const line = (name: string, value: (point: Point) => number | null): Series => ({
    name,
    values: points.map(value),
  });
  const shared = { times: points.map(({ at }) => at), when };
  return (
    <section className={styles.plots} aria-label={say("plots.title")}>
      <Plot
        {...shared}
        title={say("plot.calls")}
        sums
        series={[
          line(say("funnel.rung"), (point) => point.rung),
          line(say("funnel.accepted"), (point) => point.accepted),
          line(say("funnel.connected"), (point) => point.connected),
          line(say("funnel.completed"), (point) => point.completed),
        ]}
      />
      <Plot
        {...shared}
        title={say("plot.p95")}
        aim={500}
        series={[line(say("plot.p95"), ({ p95Seconds }) => (p95Seconds === null ? null : p95Seconds * 1000))]}
      />
      <Plot
        {...shared}
        title={say("plot.requests")}
        sums
        series={[
          line(say("plot.requests"), (point) => point.requests),
          line(say("plot.errors"), (point) => point.errors),
        ]}
      />
      <Plot
        {...shared}
        title={say("plot.tokens")}
        sums
        series={[line(say("plot.tokens"), (point) => point.tokens)]}
      />
    </section>
  );
}

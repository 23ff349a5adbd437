/** One plot: steps over time. The picture is decoration; the sentence and the table beneath it carry the meaning. */
import { useId } from "react";
import { useWords } from "../../../lib/i18n/words";
import { number } from "../figureText";
import { opsWords } from "../words";
import styles from "./Plots.module.css";

export type Series = { readonly name: string; readonly values: readonly (number | null)[] };
type PlotProps = {
  title: string;
  times: readonly string[];
  when: (iso: string) => string;
  series: readonly Series[];
  /** The values are counts, so that their sum means something. */
  sums?: boolean;
  /** Where the target lies, in the unit of the values. */
  aim?: number;
};

const WIDTH = 600;
const HEIGHT = 150;

/** The next of 1, 2, 5, 10, 20 … above the highest value: a scale that can be read. */
export function ceiling(highest: number): number {
  if (highest <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(highest));
  return power * ([1, 2, 5, 10].find((step) => highest <= step * power) ?? 10);
}

/** An SVG path; a gap in the values is a gap in the line, and a lone value a short stroke. */
export function pathOf(values: readonly (number | null)[], top: number): string {
  const width = WIDTH / Math.max(1, values.length);
  let pen = "";
  let down = false;
  values.forEach((value, index) => {
    if (value === null) {
      down = false;
      return;
    }
    const y = (HEIGHT - (HEIGHT * Math.min(value, top)) / top).toFixed(1);
    const [from, to] = [(index * width).toFixed(1), ((index + 1) * width).toFixed(1)];
    pen += `${down ? "L" : "M"}${from} ${y}L${to} ${y}`;
    down = true;
  });
  return pen;
}

export function Plot({ title, times, when, series, sums = false, aim }: PlotProps) {
  const say = useWords(opsWords);
  const id = useId();
  const highest = Math.max(aim ?? 0, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const top = ceiling(highest);
  const [first, last] = [times[0], times.at(-1)];
  return (
    <figure className={styles.plot} aria-labelledby={id}>
      <h3 id={id}>{title}</h3>
      <div className={styles.picture} aria-hidden="true">
        <span className={styles.top}>{number(top)}</span>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="presentation">
          <path className={styles.grid} d={`M0 ${HEIGHT / 2}H${WIDTH}M0 0H${WIDTH}M0 ${HEIGHT}H${WIDTH}`} />
          {aim !== undefined && (
            <path className={styles.aim} d={`M0 ${HEIGHT - (HEIGHT * aim) / top}H${WIDTH}`} />
          )}
          {series.map(({ name, values }, index) => (
            <path key={name} className={styles.line} data-series={index} d={pathOf(values, top)} />
          ))}
        </svg>
        <span className={styles.from}>{first && when(first)}</span>
        <span className={styles.to}>{last && when(last)}</span>
      </div>
      <figcaption>
        <ul>
          {series.map((one, index) => (
            <li key={one.name} data-series={index}>
              {sentence(one)}
            </li>
          ))}
        </ul>
      </figcaption>
      <details>
        <summary aria-label={`${say("plot.table")}: ${title}`}>{say("plot.table")}</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
        <section className={styles.scroll} tabIndex={0} aria-label={title}>
          <table>
            <thead>
              <tr>
                <th scope="col">{say("plot.time")}</th>
                {series.map(({ name }) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {times.map((at, row) => (
                <tr key={at}>
                  <th scope="row">{when(at)}</th>
                  {series.map(({ name, values }) => (
                    <td key={name}>{show(values[row])}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </details>
    </figure>
  );

  function sentence({ name, values }: Series): string {
    const most = Math.max(...values.map((value) => value ?? 0));
    if (most <= 0) return say("plot.empty", { name });
    const at = times[values.indexOf(most)];
    const told = { name, most: number(most), when: at ? when(at) : "" };
    if (!sums) return say("plot.peak", told);
    return say("plot.sum", { ...told, total: number(values.reduce<number>((sum, v) => sum + (v ?? 0), 0)) });
  }
}

const show = (value: number | null | undefined) =>
  value === null || value === undefined ? "–" : number(value);

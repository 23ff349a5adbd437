/** A few amounts of tokens to choose one of: radio buttons that look like keys. */
import { tokens } from "../lib/format";
import styles from "./Amounts.module.css";

type AmountsProps = {
  legend: string;
  name: string;
  amounts: readonly number[];
  /** None is marked when it is not among them. */
  chosen: number;
  onChoose: (amount: number) => void;
};

export function Amounts({ legend, name, amounts, chosen, onChoose }: AmountsProps) {
  return (
    <fieldset className={styles.amounts}>
      <legend>{legend}</legend>
      {amounts.map((amount) => (
        <label key={amount}>
          <input type="radio" name={name} checked={chosen === amount} onChange={() => onChoose(amount)} />
          {tokens(amount)}
        </label>
      ))}
    </fieldset>
  );
}

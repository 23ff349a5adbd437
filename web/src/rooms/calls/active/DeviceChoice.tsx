import { useState } from "react";
import { useWords } from "../../../lib/i18n/words";
import { callsWords } from "../words";
import styles from "./Active.module.css";

type ChoiceProps = {
  label: string;
  devices: readonly MediaDeviceInfo[];
  current: string;
  onChoose: (deviceId: string) => void;
};

export function DeviceChoice({ label, devices, current, onChoose }: ChoiceProps) {
  const say = useWords(callsWords);
  const [chosen, setChosen] = useState(current);
  return (
    <label className={styles.choice}>
      {label}
      <select
        value={chosen}
        disabled={devices.length === 0}
        onChange={(event) => {
          setChosen(event.currentTarget.value);
          onChoose(event.currentTarget.value);
        }}
      >
        {devices.length === 0 && <option value="">{say("devices.none")}</option>}
        {devices.map((device, index) => (
          <option key={device.deviceId} value={device.deviceId}>
            {device.label || say("devices.unnamed", { count: index + 1 })}
          </option>
        ))}
      </select>
    </label>
  );
}

import { Button } from "@mantine/core";
import { useEffect, useState } from "react";
import { useWords } from "../../../lib/i18n/words";
import type { Capture, Kind } from "../../../media/capture";
import { Sheet } from "../../../ui/Sheet";
import { callsWords } from "../words";
import styles from "./Active.module.css";

type PickerProps = { capture: Capture; video: boolean; onClose: () => void };

export function DevicePicker({ capture, video, onClose }: PickerProps) {
  const say = useWords(callsWords);
  const [devices, setDevices] = useState<readonly MediaDeviceInfo[]>([]);
  useEffect(() => {
    const look = () => void capture.devices().then(setDevices);
    look();
    navigator.mediaDevices?.addEventListener("devicechange", look);
    return () => navigator.mediaDevices?.removeEventListener("devicechange", look);
  }, [capture]);
  const kinds: Kind[] = video ? ["audio", "video"] : ["audio"];
  return (
    <Sheet labelledBy="devices-title" onEscape={onClose}>
      <h2 id="devices-title">{say("devices.title")}</h2>
      {kinds.map((kind) => (
        <DeviceChoice
          key={kind}
          label={say(kind === "audio" ? "devices.microphone" : "devices.camera")}
          devices={devices.filter((device) => device.kind === `${kind}input` && device.deviceId)}
          current={capture.track(kind)?.getSettings().deviceId ?? ""}
          onChoose={(id) => void capture.switchDevice(kind, id)}
        />
      ))}
      <Button fullWidth mt="lg" onClick={onClose}>
        {say("devices.done")}
      </Button>
    </Sheet>
  );
}

type ChoiceProps = {
  label: string;
  devices: readonly MediaDeviceInfo[];
  current: string;
  onChoose: (deviceId: string) => void;
};

function DeviceChoice({ label, devices, current, onChoose }: ChoiceProps) {
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

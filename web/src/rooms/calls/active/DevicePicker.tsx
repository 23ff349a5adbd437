import { Button } from "@mantine/core";
import { useWords } from "../../../lib/i18n/words";
import type { Capture, Kind } from "../../../media/capture";
import { Sheet } from "../../../ui/Sheet";
import { callsWords } from "../words";
import { DeviceChoice } from "./DeviceChoice";
import { useDevices } from "./useMedia";

type PickerProps = { capture: Capture; video: boolean; onClose: () => void };

export function DevicePicker({ capture, video, onClose }: PickerProps) {
  const say = useWords(callsWords);
  const devices = useDevices(capture);
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

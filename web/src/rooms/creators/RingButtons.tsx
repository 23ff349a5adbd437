/** Voice and Video for one fan, or the time until she can be rung again. */
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import type { CallType, Person } from "../../lib/api/types";
import { clockText } from "../../lib/format";
import { useWords } from "../../lib/i18n/words";
import { useServerNow } from "../../lib/useServerNow";
import { PhoneIcon, VideoIcon } from "../../ui/icons";
import { useDesk, useDeskView } from "../calls/CallsProvider";
import styles from "./Creators.module.css";
import { creatorsWords } from "./words";

type RingProps = { fan: Pick<Person, "id" | "displayName">; callAgainAt: string | null };

export function RingButtons({ fan, callAgainAt }: RingProps) {
  const say = useWords(creatorsWords);
  const desk = useDesk();
  const view = useDeskView();
  const client = useQueryClient();
  const now = useServerNow(callAgainAt ? 1000 : null);
  const wait = callAgainAt ? (Date.parse(callAgainAt) - now) / 1000 : 0;
  if (wait > 0)
    return <span className={styles.again}>{say("fans.again", { time: clockText(Math.ceil(wait)) })}</span>;

  const ring = async (callType: CallType) => {
    await desk?.ring(fan.id, callType);
    void client.invalidateQueries({ queryKey: ["fans"] });
  };
  const waiting = !desk || view.busy !== null || view.carrying !== null;
  const name = fan.displayName;
  return (
    <>
      <Button
        variant="default"
        className={styles.lesser ?? ""}
        leftSection={<PhoneIcon size={18} />}
        disabled={waiting}
        onClick={() => ring("voice")}
        aria-label={say("fans.voiceTo", { name })}
      >
        {say("fans.voice")}
      </Button>
      <Button
        leftSection={<VideoIcon size={18} />}
        disabled={waiting}
        onClick={() => ring("video")}
        aria-label={say("fans.videoTo", { name })}
      >
        {say("fans.video")}
      </Button>
    </>
  );
}

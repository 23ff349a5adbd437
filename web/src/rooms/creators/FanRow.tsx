import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "react-router";
import { pageExists } from "../../app/routes";
import type { CallType, FanOfMine } from "../../lib/api/types";
import { clockText, day } from "../../lib/format";
import { useWords } from "../../lib/i18n/words";
import { useSession } from "../../lib/session/useSession";
import { useServerNow } from "../../lib/useServerNow";
import { Avatar } from "../../ui/Avatar";
import { MessageIcon, PhoneIcon, VideoIcon } from "../../ui/icons";
import { useDesk, useDeskView } from "../calls/CallsProvider";
import styles from "./Creators.module.css";
import { creatorsWords } from "./words";

export function FanRow({ one }: { one: FanOfMine }) {
  const say = useWords(creatorsWords);
  const { flags } = useSession();
  const { fan } = one;
  const shared = [
    one.follows && say("fans.follows"),
    one.tips > 0 && say("fans.tips", { count: one.tips }),
    one.calls > 0 && say("fans.calls", { count: one.calls }),
  ].filter(Boolean);
  return (
    <li>
      <Avatar person={fan} size={48} />
      <div className={styles.who}>
        <strong>{fan.displayName}</strong>
        <small>
          {shared.join(" · ")}
          <span className={styles.since}> · {say("fans.since", { date: day(one.since) })}</span>
        </small>
      </div>
      <div className={styles.buttons}>
        {one.canCall && flags?.FEATURE_CALLS && <RingButtons one={one} />}
        {one.canMessage && pageExists("/messages/:userId") && (
          <Button
            component={Link}
            to={`/messages/${fan.id}`}
            variant="default"
            className={styles.lesser ?? ""}
            leftSection={<MessageIcon size={18} />}
            aria-label={say("fans.messageTo", { name: fan.displayName })}
          >
            {say("fans.message")}
          </Button>
        )}
      </div>
    </li>
  );
}

function RingButtons({ one: { fan, callAgainAt } }: { one: FanOfMine }) {
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

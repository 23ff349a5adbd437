import { Button } from "@mantine/core";
import { Link } from "react-router";
import { pageExists } from "../../app/routes";
import type { FanOfMine } from "../../lib/api/types";
import { day, timeOfDay } from "../../lib/format";
import { useWords } from "../../lib/i18n/words";
import { useSession } from "../../lib/session/useSession";
import { useServerNow } from "../../lib/useServerNow";
import { Avatar } from "../../ui/Avatar";
import { ClockIcon, MessageIcon } from "../../ui/icons";
import styles from "./Creators.module.css";
import { FanName } from "./profile/FanName";
import { RingButtons } from "./RingButtons";
import { creatorsWords } from "./words";

export function FanRow({ one }: { one: FanOfMine }) {
  const say = useWords(creatorsWords);
  const { flags } = useSession();
  const { fan } = one;
  const now = useServerNow(one.callBackAt ? 30_000 : null);
  const shared = [
    one.follows && say("fans.follows"),
    one.tips > 0 && say("fans.tips", { count: one.tips }),
    one.calls > 0 && say("fans.calls", { count: one.calls }),
  ].filter(Boolean);
  return (
    <li>
      <Avatar person={fan} size={48} />
      <div className={styles.who}>
        <FanName fan={fan} />
        <small>
          {shared.join(" · ")}
          <span className={styles.since}> · {say("fans.since", { date: day(one.since) })}</span>
        </small>
        {one.callBackAt && (
          <small className={styles.callBack}>
            <ClockIcon size={15} />
            {say(Date.parse(one.callBackAt) > now ? "fans.callBackAt" : "fans.callBackSince", {
              time: timeOfDay(one.callBackAt),
            })}
          </small>
        )}
      </div>
      <div className={styles.buttons}>
        {one.canCall && flags?.FEATURE_CALLS && <RingButtons fan={fan} callAgainAt={one.callAgainAt} />}
        {one.canMessage && pageExists("/messages/:userId") && (
          <Button
            component={Link}
            to={`/messages/${fan.id}`}
            state={{ person: fan }}
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

import { Button, VisuallyHidden } from "@mantine/core";
import { useState } from "react";
import { codeOf } from "../../../lib/api/refusal";
import { clockText } from "../../../lib/format";
import { useWords } from "../../../lib/i18n/words";
import { useWallet } from "../../../lib/queries/wallet";
import { Avatar } from "../../../ui/Avatar";
import { HangUpIcon, PhoneIcon, SoundIcon, VideoIcon } from "../../../ui/icons";
import { ProblemNote } from "../../../ui/Note";
import { Sheet } from "../../../ui/Sheet";
import { DeviceCheckButton } from "../check/DeviceCheckButton";
import { callsWords } from "../words";
import { CallBack } from "./CallBack";
import type { RingProps } from "./CallInvitationModal";
import { Missing, missingTokens } from "./Missing";
import { PriceLine } from "./PriceLine";
import styles from "./Ring.module.css";
import { limitOf, SpendingLimit } from "./SpendingLimit";
import type { RingSound } from "./useRinging";

type InvitationProps = RingProps & {
  secondsLeft: number;
  sound: RingSound;
  onTouch: () => void;
  onFold: () => void;
};

export function Invitation({ call, desk, view, secondsLeft, sound, onTouch, onFold }: InvitationProps) {
  const say = useWords(callsWords);
  const wallet = useWallet();
  const [limitText, setLimitText] = useState<string | null>(null);
  const name = call.creator?.displayName ?? say("someone");
  const video = call.callType === "video";
  const available = wallet.data?.available ?? null;
  const missing = missingTokens(call, available, view.problem);
  const limit = limitOf(limitText, call.tokensPerMinute);
  const refused =
    view.problem?.verb === "accept" || view.problem?.verb === "decline" ? view.problem.cause : null;
  const blocked = missing > 0 || limit === "wrong";
  const accept = (camera: boolean) => desk.accept(call, camera, limit === "wrong" ? null : limit);
  // Spoken twice a minute; the seconds themselves would never let a screen reader finish.
  const spoken = Math.ceil(secondsLeft / 30) * 30;

  return (
    <Sheet
      role="alertdialog"
      labelledBy="ring-title"
      describedBy="ring-price"
      onEscape={onFold}
      className={styles.ring}
      onTouch={onTouch}
    >
      <div className={styles.portrait}>
        <Avatar person={call.creator} size={104} />
      </div>
      <h2 id="ring-title" tabIndex={-1} data-focus-first>
        {say("ring.title", { name })}
      </h2>
      <p className={styles.kind}>
        {video ? <VideoIcon size={18} /> : <PhoneIcon size={18} />} {say(`kind.${call.callType}`)}
      </p>
      <PriceLine call={call} available={available} />
      {missing > 0 ? (
        <Missing count={missing} onGo={onFold} />
      ) : (
        call.tokensPerMinute > 0 && (
          <SpendingLimit text={limitText} rate={call.tokensPerMinute} onText={setLimitText} />
        )
      )}
      {refused !== null && codeOf(refused) !== "INSUFFICIENT_TOKENS" && <ProblemNote problem={refused} />}
      <div className={styles.answers} data-video={video || undefined}>
        <Button
          size="lg"
          radius="xl"
          leftSection={video ? <VideoIcon /> : <PhoneIcon />}
          disabled={blocked}
          loading={view.busy === "accept"}
          onClick={() => accept(true)}
        >
          {say("ring.accept")}
        </Button>
        {video && (
          <Button
            size="lg"
            radius="xl"
            variant="default"
            leftSection={<PhoneIcon />}
            disabled={blocked || view.busy !== null}
            onClick={() => accept(false)}
          >
            {say("ring.audioOnly")}
          </Button>
        )}
        <Button
          size="lg"
          radius="xl"
          variant="default"
          leftSection={<HangUpIcon />}
          loading={view.busy === "decline"}
          onClick={() => void desk.decline(call)}
        >
          {say("ring.decline")}
        </Button>
      </div>
      <div className={styles.asides}>
        <CallBack busy={view.busy !== null} onChoose={(minutes) => void desk.decline(call, minutes)} />
        <DeviceCheckButton video={video} className={styles.quietLink} />
      </div>
      {video && <p className={styles.small}>{say("ring.cameraNote")}</p>}
      <p className={styles.small} data-sounding={sound.ringing || undefined}>
        <span aria-hidden="true">{say("ring.left", { time: clockText(Math.ceil(secondsLeft)) })}</span>
        {sound.needsTap && (
          <button type="button" className={styles.tap} onClick={sound.tap}>
            <SoundIcon size={16} /> {say("ring.sound")}
          </button>
        )}
      </p>
      <VisuallyHidden role="timer" aria-live="polite">
        {say("ring.left", { time: clockText(spoken) })}
      </VisuallyHidden>
    </Sheet>
  );
}

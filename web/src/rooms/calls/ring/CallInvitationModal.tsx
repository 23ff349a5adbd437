/**
 * The ringing call: who, what kind, at what price and for how long the tokens last, before anything is answered.
 * It is gone by the server's clock, and folds into a silent banner once nobody reacted for the time of the sound.
 */
import { useEffect, useState } from "react";
import type { Call } from "../../../lib/api/types";
import { useWords } from "../../../lib/i18n/words";
import { onLook, takeIntent } from "../../../lib/push/intent";
import { useServerNow } from "../../../lib/useServerNow";
import type { CallDesk } from "../desk/desk";
import type { DeskView } from "../desk/view";
import { callsWords } from "../words";
import { Invitation } from "./Invitation";
import { RingBanner } from "./RingBanner";
import { SOUND_SECONDS, useRingSound, useSystemNotice, useTitleFlash } from "./useRinging";

export type RingProps = { call: Call; desk: CallDesk; view: DeskView };

export function CallInvitationModal({ call, desk, view }: RingProps) {
  const say = useWords(callsWords);
  const now = useServerNow(500);
  const [folded, setFolded] = useState(false);
  const [touched, setTouched] = useState(false);
  const name = call.creator?.displayName ?? say("someone");
  const secondsLeft = (Date.parse(call.expiresAt) - now) / 1000;
  const audible = now - Date.parse(call.createdAt) < SOUND_SECONDS * 1000;
  const sound = useRingSound(`stagedoor.ring.${call.id}`, audible && view.busy === null);
  useTitleFlash(say("ring.tab", { name }));
  useSystemNotice(say("ring.title", { name }), say(`kind.${call.callType}`), call.id);

  // "Accept" was pressed in the notification: the page takes the call, with the camera off.
  useEffect(() => {
    const look = () =>
      void takeIntent(call.id).then((wanted) => {
        if (wanted) void desk.accept(call, false, null);
      });
    look();
    return onLook(look);
  }, [call, desk]);

  useEffect(() => {
    if (!audible && !touched) setFolded(true);
  }, [audible, touched]);

  if (secondsLeft <= 0) return null;
  if (folded)
    return (
      <RingBanner
        call={call}
        desk={desk}
        view={view}
        onOpen={() => {
          setTouched(true);
          setFolded(false);
        }}
      />
    );
  return (
    <Invitation
      call={call}
      desk={desk}
      view={view}
      secondsLeft={secondsLeft}
      sound={sound}
      onTouch={() => setTouched(true)}
      onFold={() => setFolded(true)}
    />
  );
}

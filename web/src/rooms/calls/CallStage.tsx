/** Draws the one call screen that matters now over whatever page is shown. */

import { lazy, Suspense, useEffect } from "react";
import { useDesk, useDeskView } from "./CallsProvider";
import { screenOf } from "./desk/view";
import { ElsewhereBar } from "./ElsewhereBar";
import { NoticeToast } from "./NoticeToast";
import { CallInvitationModal } from "./ring/CallInvitationModal";
import { OutgoingCall } from "./ring/OutgoingCall";

const loadActive = () => import("./active/ActiveCall");
const loadAfter = () => import("./after/AfterCall");
const ActiveCall = lazy(loadActive);
const AfterCall = lazy(loadAfter);

export default function CallStage() {
  const desk = useDesk();
  const view = useDeskView();
  useEffect(() => {
    // What an answer will need, while it still rings.
    void loadActive();
    void loadAfter();
    void import("../../media/webrtc/session");
    void import("../../media/webrtc/path");
  }, []);
  if (!desk) return null;
  const screen = screenOf(view);
  return (
    <Suspense>
      {screen.kind === "incoming" && (
        <CallInvitationModal key={screen.call.id} call={screen.call} desk={desk} view={view} />
      )}
      {screen.kind === "outgoing" && <OutgoingCall call={screen.call} desk={desk} view={view} />}
      {screen.kind === "active" && (
        <ActiveCall key={screen.call.id} call={screen.call} desk={desk} view={view} />
      )}
      {screen.kind === "elsewhere" && <ElsewhereBar call={screen.call} desk={desk} view={view} />}
      {screen.kind === "closing" && (
        <AfterCall key={screen.call.id} call={screen.call} onDone={desk.dismiss} />
      )}
      {view.notice && <NoticeToast notice={view.notice} onClose={desk.dismiss} />}
    </Suspense>
  );
}

/** Opens the check of camera, microphone and sound; its code is fetched when it is asked for. */
import { lazy, Suspense, useState } from "react";
import { useWords } from "../../../lib/i18n/words";
import { checkWords } from "./words";

const DeviceCheck = lazy(() => import("./DeviceCheck"));

export function DeviceCheckButton({ video, className }: { video: boolean; className: string | undefined }) {
  const say = useWords(checkWords);
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" className={className} onClick={() => setOpen(true)}>
        {say("open")}
      </button>
      {open && (
        <Suspense>
          <DeviceCheck video={video} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}

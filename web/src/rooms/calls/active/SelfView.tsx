/** My own picture. It can be dragged to any corner; the button does the same for keyboard and switch users. */
import { type PointerEvent, useRef, useState } from "react";
import { useWords } from "../../../lib/i18n/words";
import { callsWords } from "../words";
import styles from "./Active.module.css";
import { Picture } from "./Picture";

const CORNERS = ["bottom-right", "bottom-left", "top-left", "top-right"] as const;
type Corner = (typeof CORNERS)[number];
const CLICK_PIXELS = 6;

function nearest(x: number, y: number, room: DOMRect): Corner {
  const vertical = y < room.top + room.height / 2 ? "top" : "bottom";
  return `${vertical}-${x < room.left + room.width / 2 ? "left" : "right"}`;
}

export function SelfView({ stream }: { stream: MediaStream }) {
  const say = useWords(callsWords);
  const [corner, setCorner] = useState<Corner>("bottom-right");
  const [shift, setShift] = useState<{ x: number; y: number } | null>(null);
  const from = useRef<{ x: number; y: number } | null>(null);
  const dragged = useRef(false);

  const grab = (event: PointerEvent<HTMLButtonElement>) => {
    from.current = { x: event.clientX, y: event.clientY };
    dragged.current = false;
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const drag = (event: PointerEvent) => {
    if (!from.current) return;
    const moved = { x: event.clientX - from.current.x, y: event.clientY - from.current.y };
    if (Math.hypot(moved.x, moved.y) > CLICK_PIXELS) dragged.current = true;
    if (dragged.current) setShift(moved);
  };
  const drop = (event: PointerEvent<HTMLButtonElement>) => {
    const room = event.currentTarget.parentElement?.getBoundingClientRect();
    if (dragged.current && room) setCorner(nearest(event.clientX, event.clientY, room));
    from.current = null;
    setShift(null);
  };
  const next = () => {
    if (!dragged.current) setCorner((old) => CORNERS[(CORNERS.indexOf(old) + 1) % CORNERS.length] ?? old);
    dragged.current = false;
  };

  return (
    <button
      type="button"
      className={styles.self}
      data-corner={corner}
      data-held={shift !== null || undefined}
      style={shift ? { transform: `translate(${shift.x}px, ${shift.y}px)` } : undefined}
      aria-label={say("call.selfMove")}
      onPointerDown={grab}
      onPointerMove={drag}
      onPointerUp={drop}
      onPointerCancel={drop}
      onClick={next}
    >
      <Picture stream={stream} label={say("call.self")} mirrored />
    </button>
  );
}

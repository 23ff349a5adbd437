/** A moving picture without sound; sound has an element of its own, so that neither waits for the other. */
import { useEffect, useRef } from "react";
import styles from "./Active.module.css";

type PictureProps = { stream: MediaStream; label: string; mirrored?: boolean };

export function Picture({ stream, label, mirrored = false }: PictureProps) {
  const ref = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const video = ref.current;
    if (!video) return;
    if (video.srcObject !== stream) video.srcObject = stream;
    void video.play().catch(() => undefined);
  }, [stream]);
  return (
    <video
      ref={ref}
      className={styles.picture}
      data-mirrored={mirrored || undefined}
      aria-label={label}
      autoPlay
      playsInline
      muted
    />
  );
}

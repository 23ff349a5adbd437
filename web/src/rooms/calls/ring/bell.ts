/** Three soft notes, made here: there is no file to fetch and none that could be missing. */
export function strike(context: AudioContext): void {
  const at = context.currentTime;
  for (const [index, pitch] of [659.3, 523.3, 784].entries()) {
    const start = at + index * 0.28;
    const gain = context.createGain();
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(0.14, start + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.001, start + 1.1);
    const note = context.createOscillator();
    note.type = "sine";
    note.frequency.value = pitch;
    note.connect(gain).connect(context.destination);
    note.start(start);
    note.stop(start + 1.2);
  }
}

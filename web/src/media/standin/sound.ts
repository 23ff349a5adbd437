/** Tracks of sound made here: a soft tone that stands in for a microphone, and silence that only keeps bytes flowing. */
type Made = { readonly track: MediaStreamTrack; release(): void };

function generated(play: (context: AudioContext, out: AudioNode) => void): Made | null {
  if (typeof AudioContext === "undefined") return null;
  const context = new AudioContext();
  const out = context.createMediaStreamDestination();
  play(context, out);
  void context.resume().catch(() => undefined);
  const track = out.stream.getAudioTracks()[0];
  if (!track) return null;
  return {
    track,
    release: () => {
      track.stop();
      void context.close().catch(() => undefined);
    },
  };
}

/** Two quiet notes that swell slowly: plainly a machine, pleasant enough for a minute. */
export const toneStandIn = () =>
  generated((context, out) => {
    const gain = context.createGain();
    gain.gain.value = 0.05;
    const swell = context.createOscillator();
    const depth = context.createGain();
    swell.frequency.value = 0.4;
    depth.gain.value = 0.04;
    swell.connect(depth).connect(gain.gain);
    for (const pitch of [220, 329.6]) {
      const note = context.createOscillator();
      note.type = "sine";
      note.frequency.value = pitch;
      note.connect(gain);
      note.start();
    }
    swell.start();
    gain.connect(out);
  });

/** A source at zero volume: an output that nothing feeds is never rendered, and sends no bytes at all. */
export const silence = () =>
  generated((context, out) => {
    const volume = context.createGain();
    volume.gain.value = 0;
    const source = context.createConstantSource();
    source.connect(volume).connect(out);
    source.start();
  });

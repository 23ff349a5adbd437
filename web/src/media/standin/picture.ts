/** A moving picture that stands in for a camera: a warm stage light, a name, and a hand that turns with the seconds. */
const WIDTH = 640;
const HEIGHT = 480;
const FRAMES_PER_SECOND = 15;

function hueOf(label: string): number {
  let sum = 0;
  for (const letter of label) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 360;
  return sum;
}

function draw(pen: CanvasRenderingContext2D, label: string, hue: number, seconds: number): void {
  const glow = pen.createRadialGradient(
    WIDTH / 2 + Math.sin(seconds) * 120,
    HEIGHT / 2 + Math.cos(seconds * 0.7) * 70,
    20,
    WIDTH / 2,
    HEIGHT / 2,
    440,
  );
  glow.addColorStop(0, `hsl(${hue} 55% 62%)`);
  glow.addColorStop(1, `hsl(${(hue + 40) % 360} 45% 22%)`);
  pen.fillStyle = glow;
  pen.fillRect(0, 0, WIDTH, HEIGHT);
  pen.translate(WIDTH / 2, HEIGHT / 2 - 30);
  pen.lineWidth = 10;
  pen.strokeStyle = "rgb(255 255 255 / 0.35)";
  pen.beginPath();
  pen.arc(0, 0, 120, 0, 2 * Math.PI);
  pen.stroke();
  pen.strokeStyle = "rgb(255 255 255 / 0.9)";
  pen.beginPath();
  pen.arc(0, 0, 120, seconds * 2, seconds * 2 + 0.9);
  pen.stroke();
  pen.fillStyle = "white";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.font = "600 64px system-ui, sans-serif";
  pen.fillText(label, 0, 4);
  pen.font = "28px system-ui, sans-serif";
  pen.fillText(seconds.toFixed(1), 0, 175);
  pen.resetTransform();
}

export function pictureStandIn(label: string): { track: MediaStreamTrack; release(): void } | null {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const pen = canvas.getContext("2d");
  if (!pen || !canvas.captureStream) return null;
  const began = performance.now();
  const hue = hueOf(label);
  const paint = () => draw(pen, label, hue, (performance.now() - began) / 1000);
  paint();
  const track = canvas.captureStream(FRAMES_PER_SECOND).getVideoTracks()[0];
  if (!track) return null;
  // A timer, not animation frames: the picture must move in a tab that is not in front too.
  const timer = setInterval(paint, 1000 / FRAMES_PER_SECOND);
  return {
    track,
    release: () => {
      clearInterval(timer);
      track.stop();
    },
  };
}

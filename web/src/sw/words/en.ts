const english = {
  "ring.title": "{name} is calling",
  "ring.discreet": "Somebody is calling you",
  "ring.voice": "Voice",
  "ring.video": "Video",
  "ring.price": { one: "{count} token a minute", other: "{count} tokens a minute" },
  "ring.free": "This call is free",
  "ring.accept": "Accept",
  "ring.acceptVideo": "Accept, camera off",
  "ring.decline": "Decline",
  "missed.title": "You missed a call",
  "missed.text": "{name} rang you.",
} as const;
export default english;

const english = {
  "welcome.title": "Close to your people, on your terms",
  "welcome.lead":
    "Fans are private until they decide otherwise. Creators call only those who allow it, at a price everybody sees before anyone answers.",
  "welcome.join": "Create an account",
  "welcome.signIn": "Sign in",
  "welcome.demo": "Try it with two phones",
  "welcome.fan.title": "For fans",
  "welcome.fan.text":
    "Nobody finds you, writes to you or rings you unless you said so. You see the price, and how long your tokens last, before you accept.",
  "welcome.creator.title": "For creators",
  "welcome.creator.text":
    "Ring the people who know you. Set your own price per minute; time counts only while you both see or hear each other.",
  "welcome.money.title": "For both",
  "welcome.money.text": "Ringing is free, gaps are free, and a receipt shows every second that was paid for.",
  "fan.title": "Hello, {name}",
  "fan.nobody": "No creator can call you right now.",
  "fan.reach": {
    one: "One creator can call you: {names}.",
    other: "{count} creators can call you: {names}.",
  },
  "fan.search": "Nobody can find you by search.",
  "fan.searchable": "Creators can find you by search.",
  "fan.everyone": "Every creator may call you.",
  "fan.tokens": "Your tokens",
  "fan.available": { one: "token available", other: "tokens available" },
  "fan.held": { one: "{count} more is held for a call.", other: "{count} more are held for a call." },
  "fan.who": "Who can reach you",
  "fan.whoNone": "Nobody yet. A creator can reach you once you follow or tip them.",
  "fan.because.follows": "you follow them",
  "fan.because.tips": "you tipped them",
  "fan.because.calls": "you were on a call",
  "fan.can.call": "can call",
  "fan.can.message": "can write",
  "fan.can.see": "can see you",
  "fan.wallet": "Open the wallet",
  "fan.privacy": "Change this",
} as const;
export default english;

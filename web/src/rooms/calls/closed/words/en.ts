const english = {
  title: "When this page is closed",
  on: "Ring me when this page is closed",
  "on.so": "A call shows as a notification of this browser, with the price, and can be declined there.",
  "off.so": "While no page of ours is open in this browser, you do not hear that somebody calls.",
  discreet: "Keep names off the screen",
  "discreet.so": "The notification says that somebody is calling, not who.",
  quiet: "Quiet hours hold here too.",
  saved: "Saved. This browser rings when the page is closed.",
  cleared: "Saved. This browser rings only while a page is open.",
  never: "This browser cannot ring for a page that is closed. Keep a page open, or use another browser.",
  install:
    "On this device, first add this page to the home screen: Share, then “Add to Home Screen”. Open it from there and come back here.",
  denied: "Your browser does not allow notifications from this page.",
  "denied.chrome":
    "Press the sign left of the address, allow notifications there, then load this page again.",
  "denied.firefox":
    "Press the lock beside the address, remove the block on notifications, then load this page again.",
  "denied.safari": "In Safari’s settings, choose Websites, then Notifications, and allow this page.",
  later: "You did not decide yet. Your browser asks again when you switch this on.",
  failed: "This browser could not be registered with its push service. Try again in a moment.",
} as const;
export default english;

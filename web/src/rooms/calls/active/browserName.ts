/** The three families of browsers whose permission signs stand in different places. */
export function browserName(agent = navigator.userAgent): "chrome" | "firefox" | "safari" {
  if (agent.includes("Firefox/")) return "firefox";
  return agent.includes("Safari/") && !/Chrom(e|ium)\//.test(agent) ? "safari" : "chrome";
}

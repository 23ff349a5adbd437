/**
 * Who can reach a fan, in one sentence of her own terms. It is made from the service's answers alone: settings, the
 * verdict for each creator she knows, and her blocks; the rules themselves are not repeated here.
 */
import type { Fan, Person, Relationship } from "../../lib/api/types";
import { locale } from "../../lib/i18n/locale";
import type { Say } from "../../lib/i18n/words";
import type english from "./words/en";

type Action = "see" | "message" | "call";
export type Who =
  | { readonly kind: "none" }
  | { readonly kind: "some"; readonly people: readonly Relationship[] }
  | { readonly kind: "every"; readonly blocked: number };

const NAMES_MAX = 4;
const NUMBER_WORDS_MAX = 12;
const VERDICT = { see: "canSee", message: "canMessage", call: "canCall" } as const;

export function whoCan(
  action: Action,
  fan: Fan,
  reach: readonly Relationship[],
  blocks: readonly Person[],
): Who {
  const audience = { see: "everyone", message: fan.allowDm, call: fan.allowCalls }[action];
  if (fan.visibility === "hidden" || audience === "nobody") return { kind: "none" };
  if (fan.visibility === "creators" && audience === "everyone")
    return { kind: "every", blocked: blocks.length };
  const people = reach.filter((one) => one[VERDICT[action]]);
  return people.length > 0 ? { kind: "some", people } : { kind: "none" };
}

const idsOf = (who: Who) => (who.kind === "some" ? who.people.map((one) => one.creator.id).join() : who.kind);
const same = (one: Who, other: Who) => idsOf(one) === idsOf(other);

type Words = Say<typeof english>;

export function sentenceOf(
  say: Words,
  fan: Fan,
  reach: readonly Relationship[],
  blocks: readonly Person[],
): string {
  const call = whoCan("call", fan, reach, blocks);
  const message = whoCan("message", fan, reach, blocks);
  const see = whoCan("see", fan, reach, blocks);
  return [...whoSentences(say, call, message, see), findSentence(say, fan, see)].join(" ");
}

/** Calls first, because a call costs; then what differs from it. Who may call may see: that goes without saying. */
function whoSentences(say: Words, call: Who, message: Who, see: Who): string[] {
  if (same(call, message) && same(call, see)) {
    if (call.kind === "none") return [say("all.none")];
    return [call.kind === "every" ? every(say, "all", call.blocked) : some(say, "call", call.people, true)];
  }
  if (call.kind === "none" && message.kind === "none") return [say("both.none"), told(say, "see", see, true)];
  const said = [told(say, "call", call, true)];
  if (!same(message, call)) said.push(told(say, "message", message, call.kind !== "some"));
  if (!same(see, call) && !same(see, message)) said.push(told(say, "see", see, false));
  return said;
}

function told(say: Words, action: Action, who: Who, reasons: boolean): string {
  if (who.kind === "every") return every(say, action, who.blocked);
  if (who.kind === "some") return some(say, action, who.people, reasons);
  return action === "see" ? say("all.none") : say(`${action}.none`);
}

function every(say: Words, what: Action | "all", blocked: number): string {
  if (blocked === 0) return say(`${what}.every`);
  return say(`${what}.everyBut`, { count: blocked, number: numberWord(say, blocked) });
}

function some(say: Words, action: Action, people: readonly Relationship[], reasons: boolean): string {
  const shown = people.length > NAMES_MAX + 1 ? people.slice(0, NAMES_MAX) : people;
  const names = shown.map((one) => (reasons ? withReason(say, one) : one.creator.displayName));
  if (shown.length < people.length) names.push(say("name.more", { count: people.length - shown.length }));
  return say(`${action}.some`, {
    count: people.length,
    Number: capital(numberWord(say, people.length)),
    names: new Intl.ListFormat(locale(), { type: "unit" }).format(names),
  });
}

function withReason(say: Words, { creator, follows, tips, calls }: Relationship): string {
  const name = creator.displayName;
  if (follows) return say("name.follows", { name });
  if (tips > 0) return say("name.tips", { name });
  return calls > 0 ? say("name.calls", { name }) : name;
}

function findSentence(say: Words, fan: Fan, see: Who): string {
  if (!fan.searchable || see.kind === "none") return say("find.nobody");
  return say(see.kind === "every" ? "find.every" : "find.seers");
}

function numberWord(say: Words, count: number): string {
  return count >= 2 && count <= NUMBER_WORDS_MAX ? say(`n.${count as 2}`) : String(count);
}

const capital = (text: string) => text.charAt(0).toLocaleUpperCase(locale()) + text.slice(1);

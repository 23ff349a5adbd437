/** The nouns of the wire under the names the UI uses; their shapes come from the generated types alone. */
import type { components } from "../../gen/api";

type Schemas = components["schemas"];
export type Person = Schemas["Person"];
export type User = Schemas["User"];
export type Call = Schemas["Call"];
export type CallState = Call["state"];
export type CallType = Call["callType"];
export type Segment = Schemas["Segment"];
export type Receipt = Schemas["Receipt"];
export type Wallet = Schemas["Wallet"];
export type Prices = Schemas["Prices"];
export type FanOfMine = Schemas["FanOfMine"];
export type Relationship = Schemas["Relationship"];
export type DemoEvent = Schemas["DemoEvent"];
export type WebrtcGrant = Schemas["WebrtcGrant"];
export type MediaGrant = WebrtcGrant | Schemas["AgoraGrant"];

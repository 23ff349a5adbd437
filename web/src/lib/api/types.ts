/** The nouns of the wire under the names the UI uses; their shapes come from the generated types alone. */
import type { components } from "../../gen/api";

type Schemas = components["schemas"];
export type Person = Schemas["PersonWire"];
export type User = Schemas["UserWire"];
export type Call = Schemas["CallWire"];
export type CallState = Call["state"];
export type CallType = Call["callType"];
export type EndReason = NonNullable<Call["endReason"]>;
export type Segment = Schemas["SegmentWire"];
export type Receipt = Schemas["ReceiptWire"];
export type Wallet = Schemas["WalletWire"];
export type Prices = Schemas["Prices"];
export type RecordedEvent = Schemas["EventWire"];
export type MediaGrant = Schemas["Credentials"];
export type FanOfMine = Schemas["RelatedFanWire"];
export type Relationship = Schemas["ReachWire"];

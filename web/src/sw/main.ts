import type { WorkerScope } from "./scope";
import { begin } from "./worker";

begin(globalThis as unknown as WorkerScope);

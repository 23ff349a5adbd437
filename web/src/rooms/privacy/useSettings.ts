/**
 * One setting at a time, shown as chosen before it is saved. The truth stays in the cache: a save that fails takes
 * the choice back by itself, because what is shown is the truth plus what is still on its way.
 */
import { useMutation, useMutationState, useQueryClient } from "@tanstack/react-query";
import { api, ask } from "../../lib/api/client";
import type { Fan, SettingsChange } from "../../lib/api/types";
import { readAgain } from "../../lib/queries/readAgain";

const KEY = ["fan", "settings"] as const;

/** `saved` with every change that is on its way. */
export function useShown(saved: Fan | undefined): Fan | undefined {
  const pending = useMutationState({
    filters: { mutationKey: KEY, status: "pending" },
    select: (mutation) => mutation.state.variables as SettingsChange,
  });
  return saved && Object.assign({}, saved, ...pending);
}

/** Saves run one after another; each ends when the sentence about it can be told. */
export function useChange(onSaved: (fan: Fan, before: Fan | undefined) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationKey: KEY,
    scope: { id: KEY.join() },
    // Offline is a failure to show at once, not a wish to keep for later.
    networkMode: "always",
    mutationFn: async (body: SettingsChange) => (await ask(api.PATCH("/api/fans/me", { body }))).fan,
    onSuccess: async (fan) => {
      const before = client.getQueryData<Fan>(["fans", "me"]);
      await readAgain(client, ["relationships"]);
      client.setQueryData(["fans", "me"], fan);
      void readAgain(client, ["fans", "events"]);
      onSaved(fan, before);
    },
  });
}

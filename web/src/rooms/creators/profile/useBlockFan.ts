/** A creator blocks or unblocks a fan; the toast that tells of it also takes it back. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, ask } from "../../../lib/api/client";
import type { Person } from "../../../lib/api/types";
import { useWords } from "../../../lib/i18n/words";
import { sentenceFor } from "../../../lib/problems/sentence";
import { useToast } from "../../../ui/Toast";
import { profileWords } from "./words";

type Wish = { readonly fan: Pick<Person, "id" | "displayName">; readonly blocked: boolean };
export type BlockFan = (fan: Wish["fan"], blocked: boolean) => void;

export function useBlockToast() {
  const say = useWords(profileWords);
  const client = useQueryClient();
  const { tell, toast } = useToast({ undo: say("undo"), close: say("close") });
  const mutation = useMutation({
    networkMode: "always",
    mutationFn: ({ fan, blocked }: Wish) => {
      const path = { params: { path: { fan_id: fan.id } } };
      return ask(
        blocked
          ? api.PUT("/api/creators/me/blocks/{fan_id}", path)
          : api.DELETE("/api/creators/me/blocks/{fan_id}", path),
      );
    },
    onSuccess: async (_, wish) => {
      await client.invalidateQueries({ queryKey: ["fans"] });
      void client.invalidateQueries({ queryKey: ["messages"] });
      tell({
        text: say(wish.blocked ? "blocked" : "unblocked", { name: wish.fan.displayName }),
        undo: () => mutation.mutate({ ...wish, blocked: !wish.blocked }),
      });
    },
    onError: (problem) => tell({ text: sentenceFor(problem) }),
  });
  const block: BlockFan = (fan, blocked) => mutation.mutate({ fan, blocked });
  return { block, toast };
}

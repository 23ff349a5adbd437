/** One thread, and what changes it. `message:new` refreshes all of it. */
import { type InfiniteData, useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, ask } from "../../lib/api/client";
import type { Message, Thread } from "../../lib/api/types";
import { THREADS } from "../../lib/queries/threads";

const PAGE = 50;
const threadKey = (userId: string) => ["messages", "with", userId];
const at = (userId: string) => ({ params: { path: { user_id: userId } } });

export function useThread(userId: string) {
  return useInfiniteQuery({
    queryKey: threadKey(userId),
    queryFn: ({ pageParam }) =>
      ask(
        api.GET("/api/messages/{user_id}", {
          params: {
            path: { user_id: userId },
            query: { limit: PAGE, ...(pageParam && { cursor: pageParam }) },
          },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor,
  });
}

type Page = { messages: Message[]; nextCursor: string | null; canMessage: boolean };

export function useSend(userId: string) {
  const client = useQueryClient();
  return useMutation({
    networkMode: "always",
    mutationFn: async (body: string) =>
      (await ask(api.POST("/api/messages/{user_id}", { ...at(userId), body: { body } }))).message,
    onSuccess: (message) => {
      client.setQueryData<InfiniteData<Page>>(threadKey(userId), (old) => {
        const [first, ...rest] = old?.pages ?? [];
        if (!old || !first || first.messages.some((one) => one.id === message.id)) return old;
        return { ...old, pages: [{ ...first, messages: [message, ...first.messages] }, ...rest] };
      });
      void client.invalidateQueries({ queryKey: THREADS });
    },
    // Whoever may no longer write finds the field gone.
    onError: () => void client.invalidateQueries({ queryKey: threadKey(userId) }),
  });
}

export function useMarkRead(userId: string) {
  const client = useQueryClient();
  return useMutation({
    networkMode: "always",
    mutationFn: () => ask(api.POST("/api/messages/{user_id}/read", at(userId))),
    onSuccess: () =>
      client.setQueryData<Thread[]>(THREADS, (old) =>
        old?.map((thread) => (thread.person.id === userId ? { ...thread, unread: 0 } : thread)),
      ),
  });
}

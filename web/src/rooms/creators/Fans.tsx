/** The people a creator has a relationship with. A button that may not be used is absent, and says nothing of why. */
import { Button, Skeleton } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { api, ask } from "../../lib/api/client";
import { useWords } from "../../lib/i18n/words";
import { useSession } from "../../lib/session/useSession";
import { Note, ProblemNote } from "../../ui/Note";
import { Section } from "../../ui/Page";
import { useDeskView } from "../calls/CallsProvider";
import styles from "./Creators.module.css";
import { FanRow } from "./FanRow";
import { FanSearch } from "./profile/FanSearch";
import { creatorsWords } from "./words";

export function Fans() {
  const say = useWords(creatorsWords);
  const { flags } = useSession();
  const desk = useDeskView();
  const query = useInfiniteQuery({
    queryKey: ["fans", "mine"],
    queryFn: ({ pageParam }) =>
      ask(api.GET("/api/creators/me/fans", { params: { query: pageParam ? { cursor: pageParam } : {} } })),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor,
  });
  const fans = query.data?.pages.flatMap((page) => page.fans) ?? [];
  const refused = desk.problem?.verb === "ring" ? desk.problem.cause : null;

  return (
    <Section title={say("fans.title")} id="fans">
      <p className={styles.lead}>{say("fans.lead")}</p>
      <FanSearch />
      <div className={styles.notes}>
        {flags && !flags.FEATURE_CALLS && <Note>{say("callsOff")}</Note>}
        <ProblemNote problem={refused ?? query.error} />
      </div>
      {query.isPending && [1, 2, 3].map((row) => <Skeleton key={row} height={64} mb="sm" radius="lg" />)}
      {query.data && fans.length === 0 && <p className={styles.quiet}>{say("fans.none")}</p>}
      <ul className={styles.fans}>
        {fans.map((one) => (
          <FanRow key={one.fan.id} one={one} />
        ))}
      </ul>
      {query.hasNextPage && (
        <Button variant="default" onClick={() => query.fetchNextPage()} loading={query.isFetchingNextPage}>
          {say("fans.more")}
        </Button>
      )}
    </Section>
  );
}

/**
 * What somebody asks for while signed out waits until they are signed in, and is then done, once. The page they are
 * on stays as it is; closing the dialog forgets the wish.
 */
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { useSession } from "../../lib/session/useSession";

const SignInDialog = lazy(() => import("./SignInDialog"));

type SoftAuth<Intent> = { want: (intent: Intent) => void; dialog: ReactNode };

/** `reason` says in the dialog what signing in is for; `act` does it. */
export function useSoftAuth<Intent>(
  act: (intent: Intent) => void,
  reason: (intent: Intent) => string,
): SoftAuth<Intent> {
  const { user } = useSession();
  const [waiting, setWaiting] = useState<{ intent: Intent } | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: done when somebody is signed in, whatever else changed
  useEffect(() => {
    if (!user || !waiting) return;
    setWaiting(null);
    act(waiting.intent);
  }, [user, waiting]);

  return {
    want: (intent) => (user ? act(intent) : setWaiting({ intent })),
    dialog: waiting && !user && (
      <Suspense>
        <SignInDialog reason={reason(waiting.intent)} onClose={() => setWaiting(null)} />
      </Suspense>
    ),
  };
}

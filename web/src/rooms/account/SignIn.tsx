/** Sign in, or create an account; afterwards the person is where they wanted to go. */
import { Anchor, Button, Checkbox, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Navigate, useNavigate, useSearchParams } from "react-router";
import { api, ask } from "../../lib/api/client";
import { useWords } from "../../lib/i18n/words";
import { useSession, useSwitchSession } from "../../lib/session/useSession";
import { ProblemNote } from "../../ui/Note";
import { Page } from "../../ui/Page";
import { accountWords } from "./words";

type Form = { username: string; password: string; displayName: string; creator: boolean };
const BLANK: Form = { username: "", password: "", displayName: "", creator: false };

/** Only a path of this site may be the next stop. */
export const safeNext = (next: string | null) => (next && /^\/(?![/\\])/.test(next) ? next : "/");

async function enter(joining: boolean, form: Form) {
  const { username, password, displayName, creator } = form;
  const { session } = joining
    ? await ask(api.POST("/api/accounts", { body: { username, password, displayName, creator } }))
    : await ask(api.POST("/api/session", { body: { username, password } }));
  return session;
}

export default function SignIn() {
  const say = useWords(accountWords);
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const next = safeNext(search.get("next"));
  const { user } = useSession();
  const switchSession = useSwitchSession();
  const [joining, setJoining] = useState(search.get("join") !== null);
  const [form, setForm] = useState(BLANK);
  const entering = useMutation({
    mutationFn: () => enter(joining, form),
    onSuccess: (session) => {
      switchSession(session);
      navigate(next, { replace: true });
    },
  });
  if (user && !entering.isPending) return <Navigate to={next} replace />;

  const set = (change: Partial<Form>) => setForm((old) => ({ ...old, ...change }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    entering.mutate();
  };
  const way = joining ? "up" : "in";

  return (
    <Page title={say(`${way}.title`)} lead={say(`${way}.lead`)} narrow>
      <form onSubmit={submit}>
        <Stack maw={420} gap="md">
          <ProblemNote problem={entering.error} />
          <TextInput
            label={say("username")}
            description={joining ? say("username.hint") : undefined}
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            value={form.username}
            onChange={(event) => set({ username: event.currentTarget.value })}
          />
          {joining && (
            <TextInput
              label={say("displayName")}
              autoComplete="nickname"
              required
              value={form.displayName}
              onChange={(event) => set({ displayName: event.currentTarget.value })}
            />
          )}
          <PasswordInput
            label={say("password")}
            description={joining ? say("password.hint") : undefined}
            autoComplete={joining ? "new-password" : "current-password"}
            minLength={joining ? 8 : undefined}
            required
            value={form.password}
            onChange={(event) => set({ password: event.currentTarget.value })}
            visibilityToggleButtonProps={{ "aria-label": say("password.show") }}
          />
          {joining && (
            <Checkbox
              label={say("creator")}
              checked={form.creator}
              onChange={(event) => set({ creator: event.currentTarget.checked })}
            />
          )}
          <Button type="submit" size="md" loading={entering.isPending}>
            {say(`${way}.do`)}
          </Button>
          <span>
            {say(`${way}.other`)}{" "}
            <Anchor
              component="button"
              type="button"
              onClick={() => {
                entering.reset();
                setJoining(!joining);
              }}
            >
              {say(`${way}.otherDo`)}
            </Anchor>
          </span>
        </Stack>
      </form>
    </Page>
  );
}

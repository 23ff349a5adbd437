/** The form that signs in or creates an account, wherever it is shown. */
import { Anchor, Button, Checkbox, PasswordInput, Stack } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, ask } from "../../lib/api/client";
import { useWords } from "../../lib/i18n/words";
import { useSwitchSession } from "../../lib/session/useSession";
import { ProblemNote } from "../../ui/Note";
import { TextField } from "../../ui/TextField";
import { accountWords } from "./words";

type Form = { username: string; password: string; displayName: string; creator: boolean };
const BLANK: Form = { username: "", password: "", displayName: "", creator: false };
const PASSWORD_MIN = 10;

async function enter(joining: boolean, form: Form) {
  const { username, password, displayName, creator } = form;
  const { session } = joining
    ? await ask(api.POST("/api/accounts", { body: { username, password, displayName, creator } }))
    : await ask(api.POST("/api/session", { body: { username, password } }));
  return session;
}

type EnterProps = {
  joining: boolean;
  onOther: (joining: boolean) => void;
  onEntered?: () => void;
};

export function EnterForm({ joining, onOther, onEntered }: EnterProps) {
  const say = useWords(accountWords);
  const switchSession = useSwitchSession();
  const [form, setForm] = useState(BLANK);
  const entering = useMutation({
    mutationFn: () => enter(joining, form),
    onSuccess: (session) => {
      switchSession(session);
      onEntered?.();
    },
  });
  const set = (change: Partial<Form>) => setForm((old) => ({ ...old, ...change }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    entering.mutate();
  };
  const way = joining ? "up" : "in";

  return (
    <form onSubmit={submit}>
      <Stack maw={420} gap="md">
        <ProblemNote problem={entering.error} />
        <TextField
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
          <TextField
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
          minLength={joining ? PASSWORD_MIN : undefined}
          required
          withAsterisk={false}
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
              onOther(!joining);
            }}
          >
            {say(`${way}.otherDo`)}
          </Anchor>
        </span>
      </Stack>
    </form>
  );
}

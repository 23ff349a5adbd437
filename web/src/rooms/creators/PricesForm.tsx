/** Prices per minute, with what a ten-minute call brings in plain words while she types. */
import { Button, Skeleton, Stack } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, ask } from "../../lib/api/client";
import type { Prices } from "../../lib/api/types";
import { useWords } from "../../lib/i18n/words";
import { Note, ProblemNote } from "../../ui/Note";
import { Section } from "../../ui/Page";
import { TextField } from "../../ui/TextField";
import { charge } from "../calls/desk/cost";
import styles from "./Creators.module.css";
import { creatorsWords } from "./words";

const TEN_MINUTES = 600;

export function PricesForm() {
  const say = useWords(creatorsWords);
  const prices = useQuery({
    queryKey: ["prices"],
    queryFn: async () => (await ask(api.GET("/api/creators/me/prices"))).prices,
  });
  return (
    <Section title={say("prices.title")} id="prices">
      <ProblemNote problem={prices.error} />
      {prices.isPending && <Skeleton height={160} radius="lg" />}
      {prices.data && <Form prices={prices.data} />}
    </Section>
  );
}

const whole = (text: string) => (/^\d{1,6}$/.test(text.trim()) ? Number(text) : null);

function Form({ prices }: { prices: Prices }) {
  const say = useWords(creatorsWords);
  const client = useQueryClient();
  const [typed, setTyped] = useState({
    voice: String(prices.voiceTokensPerMinute),
    video: String(prices.videoTokensPerMinute),
  });
  const rate = { voice: whole(typed.voice), video: whole(typed.video) };
  const save = useMutation({
    mutationFn: async (body: Prices) => (await ask(api.PUT("/api/creators/me/prices", { body }))).prices,
    onSuccess: (saved) => client.setQueryData(["prices"], saved),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (rate.voice === null || rate.video === null) return;
    save.mutate({ voiceTokensPerMinute: rate.voice, videoTokensPerMinute: rate.video });
  };

  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        {(["voice", "video"] as const).map((kind) => (
          <div key={kind}>
            <TextField
              label={say(`prices.${kind}`)}
              inputMode="numeric"
              value={typed[kind]}
              error={rate[kind] === null && say("prices.wrong")}
              onChange={(event) => {
                const { value } = event.currentTarget;
                save.reset();
                setTyped((old) => ({ ...old, [kind]: value }));
              }}
            />
            {rate[kind] !== null && (
              <p className={styles.preview}>
                {say(`prices.preview.${kind}`, { count: charge(TEN_MINUTES, rate[kind]) })}
              </p>
            )}
          </div>
        ))}
        <p className={styles.quiet}>{say("prices.lead")}</p>
        <ProblemNote problem={save.error} />
        {save.isSuccess && <Note>{say("prices.saved")}</Note>}
        <Button type="submit" variant="default" loading={save.isPending}>
          {say("prices.save")}
        </Button>
      </Stack>
    </form>
  );
}

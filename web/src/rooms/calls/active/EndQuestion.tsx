import { Button, Group } from "@mantine/core";
import { useWords } from "../../../lib/i18n/words";
import { Sheet } from "../../../ui/Sheet";
import { callsWords } from "../words";

type QuestionProps = { name: string; onStay: () => void; onEnd: () => void };

/** Escape asks before it ends; Escape again stays. */
export function EndQuestion({ name, onStay, onEnd }: QuestionProps) {
  const say = useWords(callsWords);
  return (
    <Sheet role="alertdialog" labelledBy="ask-title" describedBy="ask-text" onEscape={onStay}>
      <h2 id="ask-title" style={{ marginBlockStart: 0 }}>
        {say("ask.title")}
      </h2>
      <p id="ask-text">{say("ask.text", { name })}</p>
      <Group mt="lg" grow>
        <Button variant="default" onClick={onStay}>
          {say("ask.stay")}
        </Button>
        <Button onClick={onEnd}>{say("ask.end")}</Button>
      </Group>
    </Sheet>
  );
}

/** An order that was sent, and nobody knows whether it arrived: it is asked for again, or left, before anything else. */
import { useState } from 'react';
import { isAnswer } from '../api/http.ts';
import { Button, Empty, ProblemNotice } from '../ui/kit.tsx';
import { money, timeOf } from '../ui/words.tsx';
import { type Attempt, forgetAttempt, type OwnOrder, resumeAttempt } from './attempt.ts';
import { total } from './sums.ts';

export interface DoubtProps {
  attempt: Attempt;
  error: unknown;
  onPlaced: (order: OwnOrder) => void;
  /** It is over: refused, or left. */
  onOver: (error?: unknown) => void;
}

export function Doubt({ attempt, error, onPlaced, onOver }: DoubtProps) {
  const [problem, setProblem] = useState(error);
  const [busy, setBusy] = useState(false);
  const ask = async () => {
    setBusy(true);
    try {
      const order = await resumeAttempt();
      if (order) onPlaced(order);
      else onOver();
    } catch (refused) {
      if (isAnswer(refused)) onOver(refused);
      else setProblem(refused);
    } finally {
      setBusy(false);
    }
  };
  const leave = () => {
    forgetAttempt();
    onOver();
  };
  const { items, currency = 'USD', email } = attempt.body;
  const sum = total(
    items.map(({ price, quantity }) => ({ price: String(price ?? 0), quantity })),
    currency,
  );
  return (
    <Empty page icon="clock" title="Did your order arrive?">
      <p>
        At {timeOf(new Date(attempt.sentAt).toISOString())} you ordered for {money(sum, currency)}
        {email ? ` as ${email}` : ''}, and we have no answer. Ask again: it will not be placed twice.
      </p>
      <ProblemNotice error={problem} />
      <div className="row">
        <Button onClick={leave}>Leave it</Button>
        <Button tone="primary" busy={busy} onClick={ask}>
          Ask again
        </Button>
      </div>
      <p className="hint">If you leave it, it may have been placed all the same: then a mail will tell you.</p>
    </Empty>
  );
}

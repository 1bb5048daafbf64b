import type { Trainer } from '../../models/training/trainer.ts'
import { lineOf } from '../errors.ts'
import { say } from '../terminal.ts'

/** For people at the terminal: what an earlier version of the networks had learned is not gone on from. */
export const tellBegunAnew = ({ begunAnew }: Pick<Trainer, 'begunAnew'>): void => {
  if (begunAnew !== null) say(`freshet: ${lineOf(begunAnew.error)}`)
}

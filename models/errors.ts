import type { FailureText, Recovery } from '../engine/errors.ts'

/** What the models room may fail with. As everywhere, every code says what to do next. */
export const MODEL_ERRORS = {
  ROW_INVALID: {
    recovery: 'stop',
    about: 'The columns of a row are declared wrongly.',
    action: 'Correct the declaration.',
  },
  NETWORK_INVALID: {
    recovery: 'stop',
    about: 'A network cannot be built as declared.',
    action: 'Correct its definition.',
  },
  VALUE_MODEL_INVALID: {
    recovery: 'stop',
    about: 'A weight of the value model is missing, unknown or out of bounds.',
    action: 'Correct the field named.',
  },
  SNAPSHOT_MISSING: {
    recovery: 'stop',
    about: 'The directory holds no manifest: it is no snapshot, or was left half-written.',
    action: 'Name another one.',
  },
  SNAPSHOT_CORRUPT: {
    recovery: 'stop',
    about: 'A file of the snapshot is not what its manifest says.',
    action: 'Copy it again, or roll back to another one.',
  },
  SNAPSHOT_COLUMNS: {
    recovery: 'stop',
    about: 'The snapshot was made for other columns than this code fills.',
    action: 'Train one on this code, or serve the prior.',
  },
  SNAPSHOT_FAILED: {
    recovery: 'stop',
    about: 'The ONNX runtime refuses the graph of the snapshot.',
    action: 'Roll back to another one.',
  },
  TRAINING_DIVERGED: {
    recovery: 'stop',
    about: 'A step of training gave numbers that are not finite; it was not taken.',
    action: 'Go back to an earlier checkpoint.',
  },
  CHECKPOINT_OTHER: {
    recovery: 'rebuild',
    about:
      'The newest whole checkpoint is of another network or format than this code trains. What it does not fit begins with the prior.',
    action: 'The old checkpoint is kept, for whoever goes back to the code before.',
  },
  NEGATIVES_KEPT: {
    recovery: 'stop',
    about: 'Another share of negatives is to be kept than the checkpoint was learned with.',
    action: 'Set it back, or move the checkpoints away to begin anew.',
  },
  LEARNING_LOCKED: {
    recovery: 'stop',
    about: 'Another trainer learns in this directory.',
    action: 'Stop it, start the server with --no-learn, or name another directory.',
  },
  GATE_INVALID: {
    recovery: 'stop',
    about: 'A limit of the gate is out of bounds.',
    action: 'Correct the field named.',
  },
  MODEL_UNKNOWN: {
    recovery: 'stop',
    about: 'The registry knows no such version.',
    action: 'Use one that `freshet model list` shows.',
  },
  MODEL_GONE: {
    recovery: 'stop',
    about: 'The files of that version were deleted, for it is old.',
    action: 'Use one that still has its files.',
  },
  MODEL_NOTHING_EARLIER: {
    recovery: 'stop',
    about: 'No earlier version served that still has its files.',
    action: 'Promote one by its version.',
  },
  SHADOW_REFUSED: {
    recovery: 'stop',
    about: 'Only the heavy ranker can be shadowed, by a share of the requests within bounds.',
    action: 'What the gate says of the others is in `freshet model show`.',
  },
  REGISTRY_CORRUPT: {
    recovery: 'stop',
    about: 'The state of the registry is not what was written.',
    action: 'Move the file named away; the one before it counts then.',
  },
  REGISTRY_BUSY: {
    recovery: 'retry',
    about: 'Others changed the registry at the same time, again and again.',
    action: 'Try again.',
  },
  SCORERS_BUSY: {
    recovery: 'retry',
    about: 'Too many requests wait for a scorer already.',
    action: 'Send again later, or add scorers.',
  },
  SCORER_CRASHED: {
    recovery: 'retry',
    about: 'The worker died while it scored. It is started again.',
    action: 'Send again later.',
  },
  SCORING_FAILED: {
    recovery: 'stop',
    about: 'The ONNX runtime failed on a batch of rows.',
    action: 'Roll back to a version that scored them.',
  },
  SEARCH_BUSY: {
    recovery: 'retry',
    about: 'Too many searches wait for the searching thread already: this feed goes without.',
    action: 'Send again later.',
  },
  SEARCH_CRASHED: {
    recovery: 'retry',
    about: 'The searching thread died, or was closed. It is started again, and filled from what is stored.',
    action: 'Send again later.',
  },
  SEARCH_FAILED: {
    recovery: 'stop',
    about: 'The searching thread failed on what it was asked: feeds go without what it would find.',
    action: 'Report what the message says; a new start fills it again from what is stored.',
  },
  EMBEDDER_INVALID: {
    recovery: 'stop',
    about: 'The directory holds no model that makes vectors of texts, or no vocabulary.',
    action: 'Name another one.',
  },
  EMBEDDER_TOO_WIDE: {
    recovery: 'stop',
    about: 'Its vectors have more dimensions than a post may carry.',
    action: 'Name a model of fewer.',
  },
  EMBEDDING_FAILED: {
    recovery: 'stop',
    about: 'The ONNX runtime failed on a text.',
    action: 'Name another model.',
  },
  SCORERS_CLOSED: {
    recovery: 'stop',
    about: 'The scorers were closed, or the lease was given back.',
    action: 'Ask again once the process has started anew, or ask another.',
  },
} as const satisfies Record<string, FailureText>

export type ModelErrorCode = keyof typeof MODEL_ERRORS

export class ModelError extends Error {
  readonly code: ModelErrorCode
  /** The message without its code. */
  readonly detail: string
  readonly recovery: Recovery

  constructor(code: ModelErrorCode, detail: string, options?: ErrorOptions) {
    super(`${code}: ${detail}`, options)
    this.name = 'ModelError'
    this.code = code
    this.detail = detail
    this.recovery = MODEL_ERRORS[code].recovery
  }
}

import { compose, node, topology } from '../engine/topology.ts'
import { experimentSlates } from '../processors/experiments/slates.ts'
import { experimentTotals } from '../processors/experiments/totals.ts'
import { experimentUsers } from '../processors/experiments/users.ts'
import { learning } from './learning.ts'

const sums = topology('experiments', 'What came of feeds that were served under experiments, arm by arm.', [
  node(experimentSlates),
  node(experimentUsers),
  node(experimentTotals),
])

/** Click-through, reactions, time and satisfaction of each arm of each experiment. */
export const experiments = compose(sums.name, sums.about, [learning, sums])

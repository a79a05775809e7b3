import { eventScenarios } from '../../benchmarks/lab/event-scenarios';
import { queueScenarios } from '../../benchmarks/lab/queue-scenarios';
import { testScenarios } from './support';

testScenarios([...eventScenarios, ...queueScenarios]);

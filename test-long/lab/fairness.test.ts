import { fairnessScenarios, rivalScenarios } from '../../benchmarks/lab/fairness-scenarios';
import { testScenarios } from './support';

testScenarios([...fairnessScenarios, ...rivalScenarios]);

/** The part of a node that was looked at last: the next node opens at the same one. */

import { ref } from 'vue';

export type NodePart = 'data' | 'stat' | 'acl' | 'watch' | 'history';

export const lastPart = ref<NodePart>('data');

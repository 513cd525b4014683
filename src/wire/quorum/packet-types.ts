/** Numbers of the packets between leader and learners (facts 5.5; the constants of Apache's Leader class). */

export const PACKET = {
  request: 1,
  proposal: 2,
  ack: 3,
  commit: 4,
  ping: 5,
  revalidate: 6,
  sync: 7,
  inform: 8,
  commitAndActivate: 9,
  newLeader: 10,
  followerInfo: 11,
  upToDate: 12,
  diff: 13,
  trunc: 14,
  snap: 15,
  observerInfo: 16,
  leaderInfo: 17,
  ackEpoch: 18,
  informAndActivate: 19,
} as const;

export type PacketType = (typeof PACKET)[keyof typeof PACKET];

/** What both sides say they speak: 1.0 of Zab (LearnerInfo.protocolVersion, LEADERINFO). */
export const LEARNER_PROTOCOL = 0x1_0000;

/** The string that ends a snapshot in the stream (LearnerHandler). */
export const SNAPSHOT_SIGNATURE = 'BenWasHere';

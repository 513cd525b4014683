/** The saved connection of a local ensemble: it follows the ports. */

import { parseConnectString } from '../../client/connect-string.ts';
import { PROFILE_DEFAULTS, type Profile } from '../../contract/connections.ts';
import type { ProfilesService } from '../profiles/profiles-service.ts';

export interface LabOwner {
  readonly labId: string;
  readonly name: string;
  readonly profileId: string;
}

/**
 * Saves the profile with these servers, keeping all else that stands in it; one that was removed is made anew.
 *
 * @param servers the connect string, without a chroot
 * @returns its id
 */
export async function keepProfile(profiles: ProfilesService, { labId, name, profileId }: LabOwner, servers: string): Promise<string> {
  const present: Profile | undefined = (await profiles.list()).find(({ id }) => id === profileId);
  if (present === undefined) {
    const draft = { ...PROFILE_DEFAULTS, id: null, name, colour: 'green', environment: 'local', auth: [], connectString: servers } as const;
    return (await profiles.save({ ...draft, auth: [] }, labId)).id;
  }
  const connectString = `${servers}${parseConnectString(present.connectString).chroot}`;
  if (present.connectString === connectString) return present.id;
  const auth = present.auth.map(({ id, scheme, user }) => ({ id, scheme, user }));
  return (await profiles.save({ ...present, auth, connectString }, labId)).id;
}

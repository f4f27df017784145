"""What people post where anyone can read it: boards, comments and chat rooms share it (clause public.posts).

An app makes a `models.Thread` for each topic, article or room, says by `standing.stands` where its posts are found,
and writes and reads them by these:

    forms.ComposerForm        the box in which a post is written, with its warning and what was found in the draft
    flows.post, edit, remove  what an author does; each raises `flows.NotPosted` with what to say
    shown.standing            posts as anyone reads them, opened once by each process
    shown.version_of          a number of a thread that grows with everything that happens in it
    moderating                reports, the queue, whom moderators keep from posting, whom somebody does not want to read
"""

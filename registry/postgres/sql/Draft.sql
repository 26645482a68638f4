SELECT sealed FROM drafts WHERE session = $1 AND flow = $2;

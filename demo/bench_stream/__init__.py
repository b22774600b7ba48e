"""`qingxin bench stream`: what a scoring worker does from record to hit, beside what people usually take."""

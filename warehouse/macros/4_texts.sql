-- Stretches of the texts that the spans count code points of.

create macro sentence_at(text, span_start, span_end) as
    regexp_extract(left(text, span_start), '[^。！？!?\n]*$')
    || substr(text, span_start + 1, span_end - span_start)
    || regexp_extract(substr(text, span_end + 1, 1000), '^[^。！？!?\n]*[。！？!?]?');
comment on macro sentence_at is '所在句：the sentence of a text that holds the characters from span_start up to span_end';

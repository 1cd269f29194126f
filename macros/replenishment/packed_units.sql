{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro packed_units(needed_units, pack_size_units, min_order_units, room_units) -%}
    {%- set least_units = 'coalesce(' ~ min_order_units ~ ', 0)' -%}
    {%- set wanted = packs_up(
        'greatest(' ~ needed_units ~ ', ' ~ least_units ~ ')', pack_size_units
    ) -%}
    case
        when ({{ pack_size_units }}) is null or ({{ needed_units }}) is null then null
        when ({{ needed_units }}) = 0 then 0e0
        {%- if room_units %}
        {%- set room = packs_down(room_units, pack_size_units) %}
        when
            ({{ room_units }}) is not null
            and {{ room }} < {{ packs_up(least_units, pack_size_units) }}
            then 0e0
        else greatest(0e0, least({{ wanted }}, {{ room }})) * ({{ pack_size_units }})
        {%- else %}
        else {{ wanted }} * ({{ pack_size_units }})
        {%- endif %}
    end
{%- endmacro %}
